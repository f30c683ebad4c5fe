package main

import "golang.org/x/sys/windows"

// dead reports whether there is no process pid.
func dead(pid int) bool {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err == nil {
		_ = windows.CloseHandle(h)
	}
	return err == windows.ERROR_INVALID_PARAMETER
}
