package html

import (
	"html/template"
	"strings"

	"signet/internal/report"
	"signet/internal/text"
)

// adviceHTML turns the Markdown of our own advice into elements: paragraphs, lists, fenced and indented code, `code`, **strong**
// and *emphasis*. Everything is escaped first: nothing in it becomes mark-up that is not named here.
func adviceHTML(r *report.Ruling) template.HTML {
	var b strings.Builder
	for _, s := range r.Advice.Sections {
		b.WriteString("<h3>" + template.HTMLEscapeString(s.Heading) + "</h3>\n")
		blocks(&b, s.Body)
	}
	return template.HTML(b.String())
}

// Markdown turns the Markdown of one section of our own advice into elements, in the same way.
func Markdown(section string) template.HTML {
	var b strings.Builder
	blocks(&b, section)
	return template.HTML(b.String())
}

// codeIndent begins a line of code where no paragraph or list is under way.
const codeIndent = "    "

func blocks(b *strings.Builder, body string) {
	open := "" // the element under way
	var words []string
	end := func() {
		if len(words) > 0 {
			b.WriteString(spans(strings.Join(words, " ")))
			words = nil
		}
		switch open {
		case "p":
			b.WriteString("</p>\n")
		case "ul", "ol":
			b.WriteString("</li></" + open + ">\n")
		}
		open = ""
	}
	code, indented := false, false
	for line := range strings.Lines(body) {
		line = strings.TrimRight(line, "\r\n")
		trimmed := strings.TrimSpace(line)
		command, isCommand := strings.CutPrefix(line, codeIndent)
		if indented && !isCommand {
			b.WriteString("</code></pre>\n")
			indented = false
		}
		switch list, item := listItem(trimmed); {
		case isCommand && open == "" && !code: // each line of it is one to copy
			b.WriteString(text.Either(indented, "", "<pre><code>") + template.HTMLEscapeString(command) + "\n")
			indented = true
		case strings.HasPrefix(trimmed, "```"):
			end()
			b.WriteString(text.Either(code, "</code></pre>\n", "<pre><code>"))
			code = !code
		case code:
			b.WriteString(template.HTMLEscapeString(line) + "\n")
		case trimmed == "":
			end()
		case strings.HasPrefix(trimmed, "#"):
			end()
			b.WriteString("<h4>" + spans(strings.TrimLeft(trimmed, "# ")) + "</h4>\n")
		case list != "":
			if open == list {
				b.WriteString(spans(strings.Join(words, " ")) + "</li>\n<li>")
			} else {
				end()
				b.WriteString("<" + list + "><li>")
			}
			open, words = list, []string{item}
		default:
			if open == "" {
				b.WriteString("<p>")
				open = "p"
			}
			words = append(words, trimmed)
		}
	}
	end()
	if code || indented {
		b.WriteString("</code></pre>\n")
	}
}

// listItem returns the list that a line is an item of, or "".
func listItem(line string) (list, item string) {
	for _, mark := range []string{"- ", "* "} {
		if rest, ok := strings.CutPrefix(line, mark); ok {
			return "ul", rest
		}
	}
	digits := strings.TrimLeft(line, "0123456789")
	if rest, ok := strings.CutPrefix(digits, ". "); ok && len(digits) < len(line) {
		return "ol", rest
	}
	return "", ""
}

// spans escapes a text and marks up what stands between backticks and asterisks.
func spans(s string) string {
	var b strings.Builder
	for i, part := range strings.Split(s, "`") {
		if i%2 == 1 {
			b.WriteString("<code>" + whole(part) + "</code>")
			continue
		}
		part = template.HTMLEscapeString(part)
		part = between(part, "**", "strong")
		b.WriteString(between(part, "*", "em"))
	}
	return b.String()
}

// between puts an element around every second part; an odd mark at the end stays as it is.
func between(s, mark, element string) string {
	parts := strings.Split(s, mark)
	if len(parts)%2 == 0 {
		parts[len(parts)-2] += mark + parts[len(parts)-1]
		parts = parts[:len(parts)-1]
	}
	var b strings.Builder
	for i, p := range parts {
		if i%2 == 1 {
			p = "<" + element + ">" + p + "</" + element + ">"
		}
		b.WriteString(p)
	}
	return b.String()
}

// longWord is a word of a command that may be broken.
const longWord = 40

// whole escapes what stands in code, and holds each word of it that a browser would break at a hyphen or a slash together.
func whole(code string) string {
	words := strings.Split(code, " ")
	for i, w := range words {
		words[i] = template.HTMLEscapeString(w)
		if len(w) <= longWord && strings.ContainsAny(w, "-/\\.:") {
			words[i] = `<span class="w">` + words[i] + "</span>"
		}
	}
	return strings.Join(words, " ")
}

// said escapes a sentence, and holds the flag of each format that it names together.
func said(sentence string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(sentence), "-o ", `<span class="w">-o</span> `))
}
