package main

import (
	"os"

	"github.com/querent-ai/chord/internal/par"
)

// flushBytes is how many bytes are written between two syncs.
const flushBytes = 64 << 20

// A flusher writes to a file and syncs it in the background, so that the last sync
// is short.
type flusher struct {
	f     *os.File
	since int       // bytes written since the last sync began
	under *par.Call // the sync under way, nil if there is none
}

// Write writes p to the file. It returns errors of earlier syncs too, which the
// system reports only once.
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

// Sync writes all of the file to disk.
func (s *flusher) Sync() error {
	err := s.f.Sync()
	return firstError(s.wait(), err)
}

// wait waits for the sync under way and returns its error.
func (s *flusher) wait() error {
	under := s.under
	s.under = nil
	if under == nil {
		return nil
	}
	return under.Wait()
}
