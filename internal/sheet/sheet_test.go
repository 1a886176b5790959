package sheet_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"signet/internal/sheet"
)

// TestRead: a table is read whatever the order of its columns; a mistake is named by line and column, and nothing is read then.
func TestRead(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"match,owner\n10.0.0.0/8,Net\n\nx, \"a, b\"\n", "2:10.0.0.0/8=Net 4:x=a, b"},
		{"\ufeffOwner;Match\r\nNet;10.0.0.1\r\n", "2:10.0.0.1=Net"},
		{"match,owner\n'=x,'-y\n", "2:=x=-y"},
		{"", "line 1, column 1: there is nothing in it"},
		{"match,who\n", `line 1, column 7: there is no column "who": want match, owner, note; line 1, column 1: the first line names the columns, and owner is missing`},
		{"match,match\n", "line 1, column 7: the column match stands twice; line 1, column 1: the first line names the columns, and owner is missing"},
		{"match,owner\na,b\nc,\n,d,e\n", "line 3, column 3: owner: is missing; line 4, column 4: there are 3 values for 2 columns"},
		{"match,owner\na,\"b\nc,d\n", `line 3, column 5: extraneous or missing " in quoted-field`},
		{"match,owner\na,b\nc,d\ne,f\ng,h\n", "line 5, column 1: there are more than 3 lines"},
		{"match,owner\n\xff,b\n", "line 1, column 1: the text is not UTF-8"},
	} {
		rows, problems := sheet.Read([]byte(c.text), 3, []string{"match", "owner", "note"}, []string{"match", "owner"})
		var got []string
		for _, p := range problems {
			got = append(got, p.Error())
		}
		s := strings.Join(got, "; ")
		if len(problems) == 0 {
			for i := range rows {
				got = append(got, fmt.Sprintf("%d:%s=%s", rows[i].Line, rows[i].Get("match"), rows[i].Get("owner")))
			}
			s = strings.Join(got, " ")
		} else if rows != nil {
			t.Errorf("%q: rows beside problems", c.text)
		}
		if s != c.want {
			t.Errorf("%q:\n%s\nwant\n%s", c.text, s, c.want)
		}
	}
}

// TestWriteAndRead: what is written is read again as it was, and no spreadsheet takes it for a formula.
func TestWriteAndRead(t *testing.T) {
	values := []string{"=1+1", "-x", "a\nb", `q"q`, "'plain", "'=1", "''-x", "x;=1", "x; \"'@y;z;;", "\" =1", "@x", "+1", ""}
	for _, v := range values {
		var b bytes.Buffer
		if err := sheet.Write(&b, []string{"a", "b"}, [][]string{{v, "x"}}); err != nil {
			t.Fatal(err)
		}
		rows, problems := sheet.Read(b.Bytes(), 10, []string{"a", "b"}, nil)
		if len(problems) > 0 || len(rows) != 1 || rows[0].Get("a") != v {
			t.Errorf("%q: %q, %v, %v", v, b.String(), rows, problems)
		}
		if line := strings.SplitN(b.String(), "\n", 2)[1]; regexp.MustCompile(`(^|;)[ "]*[=+\-@]`).MatchString(line) {
			t.Errorf("%q is a formula: %q", v, line)
		}
	}
}
