package xlsx

import (
	"archive/zip"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/flate"
)

// squeezing is how hard the file is compressed: from there on it takes longer and gets hardly smaller.
const squeezing = 4

// write writes the document, part after part. Nothing of it is held but the part under way.
func (b *workbook) write() error {
	z := zip.NewWriter(b.w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, squeezing) })
	part := func(name, text string) error {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, xmlHead+text)
		}
		return err
	}
	types, relations := &strings.Builder{}, &strings.Builder{}
	for i := range b.sheets {
		fmt.Fprintf(types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`, i+1)
		fmt.Fprintf(relations, `<Relationship Id="rId%d" Type="`+related+`/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, i+1)
	}
	for _, p := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>` + types.String() + `</Types>`},
		{"_rels/.rels", `<Relationships xmlns="` + packaged + `"><Relationship Id="rId1" Type="` + related + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + packaged + `">` + relations.String() + fmt.Sprintf(`<Relationship Id="rId%d" Type="`+related+`/styles" Target="styles.xml"/></Relationships>`, len(b.sheets)+1)},
		{"xl/workbook.xml", b.contents()},
		{"xl/styles.xml", styles},
	} {
		if err := part(p[0], p[1]); err != nil {
			return err
		}
	}
	for i, s := range b.sheets {
		w, err := z.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1))
		if err != nil {
			return err
		}
		if err := s.write(w); err != nil {
			return err
		}
	}
	return z.Close()
}

const (
	xmlHead  = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	main     = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	related  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packaged = "http://schemas.openxmlformats.org/package/2006/relationships"
)

// contents names the sheets, what of each is filtered and printed, and the row that stands on every page.
func (b *workbook) contents() string {
	var sheets, names strings.Builder
	for i, s := range b.sheets {
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, s.name, i+1, i+1)
		if s.lead {
			continue
		}
		last := s.written()
		fmt.Fprintf(&names, `<definedName name="_xlnm._FilterDatabase" localSheetId="%d" hidden="1">'%s'!$A$1:$%s$%d</definedName>`, i, s.name, letter(len(s.columns)-1), last)
		fmt.Fprintf(&names, `<definedName name="_xlnm.Print_Area" localSheetId="%d">'%s'!$A$1:$%s$%d</definedName>`, i, s.name, letter(s.printed-1), last)
		fmt.Fprintf(&names, `<definedName name="_xlnm.Print_Titles" localSheetId="%d">'%s'!$1:$1</definedName>`, i, s.name)
	}
	if names.Len() > 0 {
		names.WriteString("</definedNames>")
	}
	return `<workbook xmlns="` + main + `" xmlns:r="` + related + `"><bookViews><workbookView/></bookViews><sheets>` + sheets.String() + `</sheets>` + strings.Replace(names.String(), "<definedName ", "<definedNames><definedName ", 1) + `</workbook>`
}

// The styles of cells, by their place in styles.
const (
	styleHead  = 1 // of headers
	styleWrap  = 2 // long text
	styleTop   = 3 // everything else: at the left, numbers too, so that columns do not touch
	styleLabel = 4
)

const styles = `<styleSheet xmlns="` + main + `"><fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font><font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>` +
	`<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FFE6EAF0"/><bgColor indexed="64"/></patternFill></fill></fills>` +
	`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
	`<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="2" borderId="0" xfId="0" applyFont="1" applyFill="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>` +
	`<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment horizontal="left" vertical="top" wrapText="1"/></xf><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment horizontal="left" vertical="top"/></xf>` +
	`<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`
