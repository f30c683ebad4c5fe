package par

import "runtime"

// Cores returns the number of cores that this process may use: the CPUs that its
// affinity and its cgroup's quota allow, rounded up, with the hyper-threads of a
// core counted once where the system says which they are.
func Cores() int {
	// GOMAXPROCS knows affinity and quota, but is 2 at least where there is a quota.
	return least(runtime.GOMAXPROCS(0), physical(), quota("/"))
}

// least returns the least of the limits above 0, or 1 if there is none.
func least(limits ...int) int {
	n := 0
	for _, c := range limits {
		if c > 0 && (n == 0 || c < n) {
			n = c
		}
	}
	return max(n, 1)
}
