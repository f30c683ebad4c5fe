package main

import "os"

// resetPeakMemory makes peakMemory count from now on, where the kernel allows
// it; else the figure stays that of the whole process.
func resetPeakMemory() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }
