package par

import "runtime"

// Cores returns the number of cores that this process may really use: CPUs
// that its affinity and its cgroup's quota allow, a part of one counted as a
// whole, hyper-threads of one core counted once where the system tells which
// they are.
func Cores() int {
	// GOMAXPROCS knows affinity and quota, but is 2 at least where there is a quota.
	return least(runtime.GOMAXPROCS(0), physical(), quota("/"))
}

// least returns the least of limits that are above 0, 1 if none is.
func least(limits ...int) int {
	n := 0
	for _, c := range limits {
		if c > 0 && (n == 0 || c < n) {
			n = c
		}
	}
	return max(n, 1)
}
