package par

import "runtime"

// Cores returns the number of cores that this process may really use: CPUs
// that its affinity and its cgroup's quota allow, hyper-threads of one core
// counted once where the system tells which they are.
func Cores() int {
	n := runtime.GOMAXPROCS(0) // knows affinity and quota
	if c := physical(); c > 0 {
		n = min(n, c)
	}
	return max(n, 1)
}
