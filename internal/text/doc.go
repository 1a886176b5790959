// Package text prepares text for people: what may be shown of a peer's words, how long a line gets, how things are counted
// and listed in a sentence, and how text is escaped in JSON that may be looked at in a terminal.
//
// It imports nothing of ours and does no input or output, so that every room may use it.
package text
