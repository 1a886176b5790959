package sarif

// message is §3.11.
type message struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

// result is §3.27.
type result struct {
	RuleID       string            `json:"ruleId"`
	Kind         string            `json:"kind"`
	Level        string            `json:"level"`
	Message      message           `json:"message"`
	Locations    []location        `json:"locations"`
	Fingerprints map[string]string `json:"partialFingerprints"`
	Baseline     string            `json:"baselineState,omitempty"`
	// Suppressions are in every result of a log or in none (§3.27.23); nil says that nobody looked for any.
	Suppressions *[]suppression `json:"suppressions,omitempty"`
	Properties   properties     `json:"properties"`
}

// suppression is §3.35: somebody answers for the weakness until a day.
type suppression struct {
	Kind          string   `json:"kind"`
	Status        string   `json:"status"`
	Justification string   `json:"justification"`
	Properties    accepted `json:"properties"`
}

// accepted is a bag of our own, §3.8.
type accepted struct {
	Owner string `json:"owner"`
	Until string `json:"until"`
}

// location is §3.28.
type location struct {
	Physical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
	} `json:"physicalLocation"`
	Logical []logical `json:"logicalLocations"`
}

// logical is §3.33.
type logical struct {
	Name      string `json:"name,omitempty"`
	Qualified string `json:"fullyQualifiedName"`
	Kind      string `json:"kind"`
}

// properties are a bag of our own, §3.8.
type properties struct {
	Severity string   `json:"severity,omitempty"`
	Change   string   `json:"change,omitempty"`
	Was      string   `json:"was,omitempty"`
	Check    string   `json:"check"`
	Outcome  string   `json:"outcome,omitempty"`
	Verdict  string   `json:"verdict"`
	Where    string   `json:"where,omitempty"`
	Unasked  []string `json:"unasked,omitempty"`
	// Disagreements are what other sources say of the endpoint, where that is something else.
	Disagreements []string `json:"disagreements,omitempty"`
}

// rule is a reportingDescriptor, §3.49.
type rule struct {
	ID       string   `json:"id"`
	Name     string   `json:"name,omitempty"`
	Short    message  `json:"shortDescription"`
	Full     *message `json:"fullDescription,omitempty"`
	Help     *message `json:"help,omitempty"`
	Defaults struct {
		Level string `json:"level"`
	} `json:"defaultConfiguration"`
	// Properties are those that GitHub's code scanning knows; it heeds the score of a rule that is tagged "security" alone.
	Properties struct {
		Tags     []string `json:"tags"`
		Severity string   `json:"security-severity"`
	} `json:"properties"`
}
