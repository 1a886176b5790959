package check

// Shape says what facts mean where two observations of one endpoint are set against each other. Its words are keys of the
// facts' JSON. Levels and the words of an offer are compared by their values, whatever their keys; what a clock tells is
// known by its key (Digest).
type Shape struct {
	// Asking are flags that tell how far asking went, and not what was there.
	Asking []string
	// Decides are numbers and lists of words that stay as they are unless what is judged changes.
	Decides []string
	// Pages is a list whose entries are compared one by one, each known by its "path"; empty: there is none.
	Pages string
	// Tells are flags that are worth a word where sources disagree about them, by the keys that lead to one: "smb1 offered".
	Tells []string
}

// ShapeOf is that of the facts of a check; the zero Shape where the check is not in the list.
func ShapeOf(checks []Check, name string) Shape {
	for i := range checks {
		if checks[i].Name == name {
			return checks[i].Shape
		}
	}
	return Shape{}
}
