// Package pages shows the estate in a browser: pages that the server writes whole, for GET alone.
//
//	pages.go     who may see which page, and how one is written     words.go   how dates, numbers and texts of strangers are written
//	overview.go  board.go  hosts.go  runs.go  jobs.go  admin.go …   what each page shows
//	picture.go   bars and the picture of paths, laid out here       assets/    templates, one style sheet, one script
//
// It changes nothing. What a page offers to change is a form that says which call of the API does it; the script sends that call, and
// shows the page again. Without a script the pages can be read, and their buttons stay off. Nothing of a page is loaded from elsewhere or
// written into an attribute that runs, so that the strictest policy for contents holds. What hosts say of themselves is text, wherever it
// stands.
package pages
