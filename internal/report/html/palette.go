package html

import "strings"

// Palette is the colours of the page, light and dark, as CSS variables: for pages that are to look like it.
func Palette() string {
	css, err := assets.ReadFile("assets/page.css")
	if err != nil { // it is part of the program
		panic(err)
	}
	colours, _, _ := strings.Cut(string(css), "*{box-sizing")
	return colours
}
