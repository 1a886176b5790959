package host

import (
	"strconv"
	"strings"
)

// edition says which kind of Windows a build belongs to.
type edition uint8

const (
	either edition = iota
	client
	server
)

// build is a version of Windows by what it says of itself.
type build struct {
	major, minor int
	from, to     int // build numbers, both included
	text         string
	edition      edition
	unverified   bool
}

// builds lists what build numbers stand for. Several products share most of them.
func builds() []build {
	return []build{
		{5, 1, 2600, 2600, "Windows XP", client, false},
		{5, 2, 3790, 3790, "Windows Server 2003 or XP x64", either, false},
		{6, 0, 6000, 6000, "Windows Vista", client, false},
		{6, 0, 6001, 6003, "Windows Vista or Server 2008", either, false},
		{6, 1, 7600, 7601, "Windows 7 or Server 2008 R2", either, false},
		{6, 2, 9200, 9200, "Windows 8 or Server 2012", either, false},
		{6, 3, 9600, 9600, "Windows 8.1 or Server 2012 R2", either, false},
		{10, 0, 10240, 10240, "Windows 10 1507", client, false},
		{10, 0, 10586, 10586, "Windows 10 1511", client, false},
		{10, 0, 14393, 14393, "Windows 10 1607 or Server 2016", either, false},
		{10, 0, 15063, 15063, "Windows 10 1703", client, false},
		{10, 0, 16299, 16299, "Windows 10 1709 or Server 1709", either, false},
		{10, 0, 17134, 17134, "Windows 10 1803 or Server 1803", either, false},
		{10, 0, 17763, 17763, "Windows 10 1809 or Server 2019", either, false},
		{10, 0, 18362, 18362, "Windows 10 1903 or Server 1903", either, false},
		{10, 0, 18363, 18363, "Windows 10 1909 or Server 1909", either, false},
		{10, 0, 19041, 19041, "Windows 10 2004 or Server 2004", either, false},
		{10, 0, 19042, 19042, "Windows 10 20H2 or Server 20H2", either, false},
		{10, 0, 19043, 19043, "Windows 10 21H1", client, false},
		{10, 0, 19044, 19044, "Windows 10 21H2", client, false},
		{10, 0, 19045, 19045, "Windows 10 22H2", client, false},
		{10, 0, 20348, 20348, "Windows Server 2022", server, false},
		{10, 0, 22000, 22000, "Windows 11 21H2", client, false},
		{10, 0, 22621, 22621, "Windows 11 22H2", client, false},
		{10, 0, 22631, 22631, "Windows 11 23H2", client, false},
		{10, 0, 25398, 25398, "Windows Server 23H2", server, false},
		{10, 0, 26100, 26100, "Windows 11 24H2 or Server 2025 (their defaults differ)", either, false},
		{10, 0, 26200, 26200, "Windows 11 25H2 (unverified)", client, true},
	}
}

// find returns what major.minor.build stands for; ok is false for a number that is not in the table.
func find(version string) (b build, ok bool) {
	var n [3]int
	parts := strings.Split(version, ".")
	if len(parts) != 3 {
		return build{}, false
	}
	for i, p := range parts {
		var err error
		if n[i], err = strconv.Atoi(p); err != nil {
			return build{}, false
		}
	}
	for _, b := range builds() {
		if b.major == n[0] && b.minor == n[1] && b.from <= n[2] && n[2] <= b.to {
			return b, true
		}
	}
	return build{}, false
}

// System words the version of a Windows: "Windows Server 2022, build 20348".
func System(version string) string {
	if b, ok := find(version); ok {
		return b.text + ", build " + version[strings.LastIndexByte(version, '.')+1:]
	}
	if version == "" {
		return "Windows"
	}
	return "Windows " + version + " (a build not known here)"
}
