package ocsf

// event is a Compliance Finding, class 2003.
type event struct {
	ActivityID   int            `json:"activity_id"`
	ActivityName string         `json:"activity_name"`
	CategoryUID  int            `json:"category_uid"`
	CategoryName string         `json:"category_name"`
	ClassUID     int            `json:"class_uid"`
	ClassName    string         `json:"class_name"`
	TypeUID      int            `json:"type_uid"`
	TypeName     string         `json:"type_name"`
	Time         int64          `json:"time"` // milliseconds since 1970
	SeverityID   int            `json:"severity_id"`
	Severity     string         `json:"severity"`
	StatusID     int            `json:"status_id"`
	Status       string         `json:"status"`
	Message      string         `json:"message"`
	Metadata     metadata       `json:"metadata"`
	FindingInfo  findingInfo    `json:"finding_info"`
	Compliance   compliance     `json:"compliance"`
	Remediation  *remediation   `json:"remediation,omitempty"`
	Resources    []resource     `json:"resources"`
	Unmapped     map[string]any `json:"unmapped"`
}

type metadata struct {
	Version     string  `json:"version"`
	Product     product `json:"product"`
	Correlation string  `json:"correlation_uid"`
}

type product struct {
	Name    string `json:"name"`
	Vendor  string `json:"vendor_name"`
	Version string `json:"version"`
}

type findingInfo struct {
	UID     string   `json:"uid"`
	Title   string   `json:"title"`
	Desc    string   `json:"desc,omitempty"`
	Types   []string `json:"types,omitempty"`
	Created int64    `json:"created_time"`
}

type compliance struct {
	Standards []string `json:"standards"`
	Control   string   `json:"control"`
	StatusID  int      `json:"status_id"`
	Status    string   `json:"status"`
	Detail    string   `json:"status_detail,omitempty"`
}

type remediation struct {
	Desc string `json:"desc"`
}

type resource struct {
	UID  string `json:"uid"`
	Name string `json:"name"`
	Type string `json:"type"`
}

// The statuses of a compliance object.
const (
	unknown = 0
	pass    = 1
	warning = 2
	fail    = 3
)
