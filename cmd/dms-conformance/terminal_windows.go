package main

import (
	"io"
	"os"

	"golang.org/x/sys/windows"
)

// enableColors has a console of Windows understand the codes for colours, which it may take for text.
func enableColors(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	console, mode := windows.Handle(file.Fd()), uint32(0)
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
