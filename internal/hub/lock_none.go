//go:build !unix && !windows

package hub

import "os"

// tryLock locks nothing: the system has no locks.
func tryLock(*os.File) (bool, error) { return true, nil }
