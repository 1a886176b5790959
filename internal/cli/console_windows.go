package cli

import "golang.org/x/sys/windows"

// understandsEscapes switches on that a console acts on escape sequences, which cmd.exe and older PowerShell windows leave off,
// and tells whether it does. A console of before Windows 10 1607 cannot.
func understandsEscapes(stream any) bool {
	f, ok := stream.(descriptor)
	if !ok {
		return false
	}
	console := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	if mode&windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING != 0 {
		return true
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
