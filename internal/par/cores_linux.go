package par

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// physical counts the cores behind the CPUs that this process may run on,
// 0 if the kernel does not say.
func physical() int {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return 0
	}
	cores := map[string]bool{}
	for cpu, left := 0, set.Count(); left > 0; cpu++ {
		if !set.IsSet(cpu) {
			continue
		}
		left--
		b, err := os.ReadFile("/sys/devices/system/cpu/cpu" + strconv.Itoa(cpu) + "/topology/thread_siblings_list")
		if err != nil {
			return 0
		}
		cores[string(b)] = true
	}
	return len(cores)
}
