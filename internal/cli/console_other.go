//go:build !windows

package cli

// understandsEscapes tells whether a terminal acts on escape sequences; outside Windows all that are not called dumb do.
func understandsEscapes(stream any) bool { return isTerminal(stream) }
