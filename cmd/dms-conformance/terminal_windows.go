package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// errBrokenPipe is the error of a write that nobody reads.
const errBrokenPipe = windows.ERROR_NO_DATA

// enableEscapes makes a console of Windows understand escape sequences, which it may print as text otherwise.
func enableEscapes(file *os.File) bool {
	console, mode := windows.Handle(file.Fd()), uint32(0)
	return windows.GetConsoleMode(console, &mode) == nil &&
		windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
