package main

import (
	"bufio"
	"os"
	"strconv"
	"strings"
)

// peakMemory returns the most memory that was resident at once, in bytes, 0 if
// the system does not say: VmHWM, which, unlike getrusage's figure, is not
// inherited from the parent process.
func peakMemory() int64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if v, ok := strings.CutPrefix(s.Text(), "VmHWM:"); ok {
			kB, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(v, "kB")), 10, 64)
			return kB << 10
		}
	}
	return 0
}
