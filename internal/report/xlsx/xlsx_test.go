package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"signet"
	"signet/internal/report/reporttest"
)

func TestXLSX(t *testing.T) {
	got := reporttest.Render(t, Format())
	book, err := excelize.OpenReader(bytes.NewReader(got)) // a workbook of our own; the program itself reads none
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	for name, want := range map[string]int{"Findings": 5, "Endpoints": 8, "Hosts": 1} {
		rows, err := book.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != want {
			t.Errorf("%s has %d rows, want %d", name, len(rows), want)
		}
		for _, row := range rows {
			for _, c := range row {
				reporttest.Fit(t, []byte(c))
				if regexp.MustCompile(`^[ "]*[=+\-@]`).MatchString(c) {
					t.Errorf("%s has a formula: %q", name, c)
				}
			}
		}
		if p, err := book.GetPanes(name); err != nil || !p.Freeze || p.YSplit != 1 {
			t.Errorf("%s: the header is not frozen: %+v, %v", name, p, err)
		}
	}
	z, err := zip.NewReader(bytes.NewReader(got), int64(len(got)))
	if err != nil {
		t.Fatal(err)
	}
	filters := 0
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		filters += bytes.Count(b, []byte("<autoFilter "))
		if bytes.Contains(b, []byte("<f>")) || strings.Contains(f.Name, "externalLink") || strings.Contains(f.Name, "vba") {
			t.Errorf("%s holds a formula, a link or a macro", f.Name)
		}
	}
	if filters != 3 {
		t.Errorf("%d filters, want 3", filters)
	}
	if len(reporttest.RenderEmpty(t, Format())) == 0 {
		t.Error("an empty run gives no workbook")
	}
}

func TestXLSXHosts(t *testing.T) {
	var b bytes.Buffer
	x := newRun(&b, reporttest.Options())
	for _, err := range []error{x.Begin(reporttest.Header()), x.Host(&signet.Host{Name: "=1", Roles: []signet.HostRole{{Role: "server"}}}), x.End(reporttest.Summary(nil))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	book, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if rows, err := book.GetRows("Hosts"); err != nil || len(rows) != 2 || rows[1][1] != "'=1" || rows[1][4] != "server (likely)" {
		t.Errorf("hosts %q, %v", rows, err)
	}
}

// LibreOffice opens it and reads every row of the second sheet.
func TestXLSXInLibreOffice(t *testing.T) {
	path, err := exec.LookPath("soffice")
	if err != nil {
		reporttest.Missing(t, "soffice is missing: apt-get install libreoffice-calc-nogui")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "run.xlsx"), reporttest.Render(t, Format()), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2", "--outdir", dir, filepath.Join(dir, "run.xlsx"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil || len(files) != 1 {
		t.Fatalf("LibreOffice wrote %v, %v", files, err)
	}
	f, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 5 || rows[0][0] != "Address" || rows[1][0] != "10.0.0.5" || !strings.Contains(rows[1][7], "</script>") {
		t.Errorf("LibreOffice reads %d rows: %.300q", len(rows), rows)
	}
}
