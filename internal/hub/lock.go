package hub

import (
	"context"
	"os"
	"path/filepath"
	"time"
)

// lock waits until this process alone has the lock in the file called name, which
// it creates. The system releases it when the process ends in any way.
func lock(ctx context.Context, name string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return nil, err
	}
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, err
		}
		if ok, err := tryLock(f); err != nil {
			f.Close()
			return nil, err
		} else if ok {
			return func() { f.Close() }, nil
		}
		f.Close()
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-again.C:
		}
	}
}
