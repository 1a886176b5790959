package dcerpc

// Certificate enrolment: where ICPR is served, a certification authority lives ([MS-ICPR] §1.9).
const ICPR = "91ae6020-9e3c-11cf-8d7c-00aa00c091be"

// Coercible returns the specification of an interface by which any logged-on user can make a Windows host open an
// SMB session to a host of the user's choice, or "". It names what to look at; nothing here ever calls one.
func Coercible(uuid string) string {
	switch uuid {
	case "12345678-1234-abcd-ef00-0123456789ab":
		return "MS-RPRN"
	case "76f03f96-cdfd-44fc-a22c-64950a001209":
		return "MS-PAR"
	case "df1941c5-fe89-4e79-bf10-463657acf44d", "c681d488-d850-11d0-8c52-00c04fd90f7e":
		return "MS-EFSR"
	case "4fc742e0-4a10-11cf-8273-00aa004ae673":
		return "MS-DFSNM"
	case "a8e0653c-2744-4389-a61d-7373df8b2292":
		return "MS-FSRVP"
	}
	return ""
}

// Name returns the specification of an interface that tells what a host is for, or "" for one that is not listed. The
// identifiers are those of section 1.9 ("Standards Assignments") of each specification.
func Name(uuid string) string {
	switch uuid {
	case ICPR:
		return "MS-ICPR"
	case "d99e6e70-fc88-11d0-b498-00a0c90312f3", "7fe0d935-dda6-443f-85d0-1cfb58fe41dd":
		return "MS-WCCE"
	case "e3514235-4b06-11d1-ab04-00c04fc2dcd2":
		return "MS-DRSR"
	case "12345778-1234-abcd-ef00-0123456789ab":
		return "MS-LSAD"
	case "12345778-1234-abcd-ef00-0123456789ac":
		return "MS-SAMR"
	case "12345678-1234-abcd-ef00-01234567cffb":
		return "MS-NRPC"
	case "50abc2a4-574d-40b3-9d66-ee4fd5fba076":
		return "MS-DNSP"
	case "f5cc5a18-4264-101a-8c59-08002b2f8426":
		return "MS-NSPI"
	case "a4f1db00-ca47-1067-b31f-00dd010662da":
		return "MS-OXCRPC"
	case "367abb81-9844-35f1-ad32-98f038001003":
		return "MS-SCMR"
	case "86d35949-83c9-4044-b424-db363231fd0c":
		return "MS-TSCH"
	case "338cd001-2244-31f1-aaaa-900038001003":
		return "MS-RRP"
	case "4b324fc8-1670-01d3-1278-5a47bf6ee188":
		return "MS-SRVS"
	case "6bffd098-a112-3610-9833-46c3f87e345a":
		return "MS-WKST"
	case "f6beaff7-1e19-4fbb-9f8f-b89e2018337c":
		return "MS-EVEN6"
	case "82273fdc-e32a-18c3-3f78-827929dc23ea":
		return "MS-EVEN"
	}
	return Coercible(uuid)
}
