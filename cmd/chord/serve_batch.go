//go:build !nobatch

package main

import (
	"context"
	"net/http"
	"path/filepath"
	"time"

	"github.com/querent-ai/chord/server/batch"
	"github.com/querent-ai/chord/server/batch/queue"
)

// batchStore returns the store of the files and batches in a folder.
func batchStore(dir string) *batch.Store {
	return batch.NewStore(dir, batch.StoreOptions{Open: func(ctx context.Context, h http.Handler) (batch.Runner, error) {
		q, err := queue.Open(ctx, queue.Options{Dir: filepath.Join(dir, "queue"), Model: "serve", AtOnce: servedAtOnce, AckWait: servedAckWait})
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithCancel(ctx)
		w := &batchWorker{Queue: q, cancel: cancel, ended: make(chan struct{})}
		go func() {
			defer close(w.ended)
			_ = q.Work(ctx, h) // it ends with its context
		}()
		return w, nil
	}})
}

// servedAtOnce is how many lines of batches are answered at the same time, beside other
// requests.
const servedAtOnce = 8

// servedAckWait is how long lines wait for a worker that was killed: here for one of the
// same process, which says often that it lives.
const servedAckWait = 3 * time.Second

// A batchWorker is a queue with a worker.
type batchWorker struct {
	*queue.Queue
	cancel context.CancelFunc
	ended  chan struct{} // closed when the worker has ended
}

// Close ends the worker and closes the queue.
func (w *batchWorker) Close() {
	w.cancel()
	<-w.ended
	w.Queue.Close()
}
