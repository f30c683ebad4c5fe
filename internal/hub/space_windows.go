package hub

import "golang.org/x/sys/windows"

// freeSpace returns how many bytes may still be written below a folder; ok is false if
// the system does not say.
func freeSpace(dir string) (n int64, ok bool) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, false
	}
	var free uint64
	if windows.GetDiskFreeSpaceEx(name, &free, nil, nil) != nil {
		return 0, false
	}
	return int64(min(free, 1<<62)), true
}
