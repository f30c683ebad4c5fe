//go:build cgo

package main

// #include <stddef.h>
import "C"

import (
	"fmt"
	"sync"
	"time"

	"github.com/querent-ai/chord"
)

// A queue tells which streams have an event.
type queue struct {
	more chan struct{} // of one element: ready has some
	done chan struct{} // closed with the queue

	mu    sync.Mutex
	ready []uint // handles of streams
	bell  *bell  // rings while ready has some; nil if nobody has asked for it
}

func newQueue() *queue {
	return &queue{more: make(chan struct{}, 1), done: make(chan struct{})}
}

// push adds a stream that has an event.
func (q *queue) push(id uint) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ready = append(q.ready, id)
	q.notify()
	if len(q.ready) == 1 && q.bell != nil {
		q.bell.ring()
	}
}

// notify wakes one that waits. Its caller has mu.
func (q *queue) notify() {
	select {
	case q.more <- struct{}{}:
	default:
	}
}

// pop returns a stream that has an event, or 0.
func (q *queue) pop() uint {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.ready) > 0 {
		id := q.ready[0]
		q.ready = q.ready[1:]
		if len(q.ready) > 0 {
			q.notify()
		} else if q.bell != nil {
			q.bell.silence()
		}
		if _, ok := handles.lookup(id).(*stream); ok { // else it was freed meanwhile
			return id
		}
	}
	return 0
}

// wait is pop, which waits for as long, without limit if that is negative.
func (q *queue) wait(d time.Duration) (uint, error) {
	var late <-chan time.Time
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		late = t.C
	}
	for {
		if id := q.pop(); id != 0 || d == 0 {
			return id, nil
		}
		select {
		case <-q.more:
		case <-late:
			return q.pop(), nil
		case <-q.done:
			return 0, fmt.Errorf("the queue: %w", chord.ErrClosed)
		}
	}
}

// follow pushes the stream whenever it has an event, and at its end.
func (q *queue) follow(id uint, s *stream) {
	for {
		end := s.wait()
		q.push(id)
		if end {
			return
		}
		select {
		case <-s.taken:
		case <-q.done:
			return
		case <-s.ctx.Done():
			if s.waiting() { // it was pushed for it, and next gives the end instead
				return
			}
		}
	}
}

// close ends what waits.
func (q *queue) close() {
	close(q.done)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.bell != nil {
		q.bell.close()
	}
	q.bell, q.ready = nil, nil
}

//export goQueueOpen
func goQueueOpen(out *C.size_t) C.int {
	return call(func() error { return give(out, "queue", func() (*queue, error) { return newQueue(), nil }) })
}

//export goQueueAdd
func goQueueAdd(id, text C.size_t) C.int {
	return call(func() error {
		q, err := find[*queue](id, "queue")
		if err != nil {
			return err
		}
		s, err := find[*stream](text, "text")
		if err != nil {
			return err
		}
		if s.queued.Swap(true) {
			return fmt.Errorf("chord_queue_add: %w: the text is in a queue already", chord.ErrInvalid)
		}
		select {
		case <-s.taken: // of an event before
		default:
		}
		go q.follow(uint(text), s)
		return nil
	})
}

//export goQueueWait
func goQueueWait(id C.size_t, milliseconds C.int, out *C.size_t) C.int {
	return call(func() error {
		if out == nil {
			return fmt.Errorf("chord_queue_wait: %w: stream", errArgument)
		}
		*out = 0
		q, err := find[*queue](id, "queue")
		if err != nil {
			return err
		}
		text, err := q.wait(time.Duration(milliseconds) * time.Millisecond)
		*out = C.size_t(text)
		return err
	})
}

//export goQueueFD
func goQueueFD(id C.size_t, fd *C.int) C.int {
	return call(func() error {
		q, err := find[*queue](id, "queue")
		if err != nil {
			return err
		}
		if fd == nil {
			return fmt.Errorf("chord_queue_fd: %w: fd", errArgument)
		}
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.bell == nil {
			if q.bell, err = newBell(); err != nil {
				return fmt.Errorf("chord_queue_fd: %w", err)
			}
			if len(q.ready) > 0 {
				q.bell.ring()
			}
		}
		*fd = C.int(q.bell.fd())
		return nil
	})
}

//export goQueueClose
func goQueueClose(id C.size_t) C.int {
	return call(func() error {
		q, err := take[*queue](id, "queue")
		if err == nil {
			q.close()
		}
		return err
	})
}
