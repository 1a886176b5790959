package mssql

import "signet/internal/check"

// identify says what a SQL Server shows of its host.
func identify(f *Facts) check.Identity {
	var id check.Identity
	id.AddNTLM(f.NTLM)
	id.AddTLS(f.TLS)
	for i := range f.Instances {
		kind := check.NameNetBIOS
		if f.Instances[i].Clustered { // the name of the cluster, which moves between hosts
			kind = check.NameAlias
		}
		id.AddName(kind, f.Instances[i].Server, "sql browser")
	}
	id.AddProduct(f.Product)
	switch {
	case f.Service == serviceEngine && (f.Version != "" || f.NTLM != nil):
		id.AddRole(check.RoleSQLServer, true, "it answers TDS as SQL Server does")
	case len(f.Instances) > 0:
		id.AddRole(check.RoleSQLServer, true, "its SQL Server Browser lists instances")
	}
	return id
}
