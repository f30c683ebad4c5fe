package par

import "runtime"

// Cores returns the number of cores that this process may really use: CPUs
// that its affinity and its cgroup's quota allow, a part of one counted as a
// whole, hyper-threads of one core counted once where the system tells which
// they are.
func Cores() int {
	n := runtime.GOMAXPROCS(0) // knows affinity and quota
	if c := physical(); c > 0 {
		n = min(n, c)
	}
	if c := quota("/"); c > 0 {
		n = min(n, c) // GOMAXPROCS is 2 at least where there is a quota
	}
	return max(n, 1)
}
