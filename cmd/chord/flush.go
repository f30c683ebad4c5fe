package main

import (
	"os"

	"github.com/querent-ai/chord/internal/par"
)

// flushBytes is how much is written before it is brought to disk.
const flushBytes = 64 << 20

// A flusher writes to a file and brings it to disk meanwhile, so that there is
// little left to wait for in the end.
type flusher struct {
	f     *os.File
	since int       // bytes written since the last sync began
	under *par.Call // the sync under way, nil if there is none
}

// Write writes p to the file. It returns errors of earlier syncs too: the
// system tells of them once.
func (s *flusher) Write(p []byte) (int, error) {
	n, err := s.f.Write(p)
	s.since += n
	if err != nil || s.since < flushBytes {
		return n, err
	}
	if s.under != nil {
		select {
		case <-s.under.Done():
			if err := s.wait(); err != nil {
				return n, err
			}
		default:
			return n, nil
		}
	}
	s.since = 0
	s.under = par.Go(s.f.Sync)
	return n, nil
}

// Sync brings all of the file to disk.
func (s *flusher) Sync() error {
	err := s.f.Sync()
	return firstError(s.wait(), err)
}

// wait returns the error of the sync under way, when it is through.
func (s *flusher) wait() error {
	under := s.under
	s.under = nil
	if under == nil {
		return nil
	}
	return under.Wait()
}
