package chord

import (
	"context"
	"testing"
)

// TestCancelWhileWaiting cancels a generation that waits for its turn.
func TestCancelWhileWaiting(t *testing.T) {
	g := generation{m: &Model{turn: make(chan struct{}, 1)}}
	g.m.turn <- struct{}{} // somebody else's pass
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := g.forward(ctx)
		done <- err
	}()
	cancel()
	if err := <-done; err != context.Canceled {
		t.Errorf("got %v", err)
	}
	if len(g.m.turn) != 1 {
		t.Error("it ended the turn of somebody else")
	}
}
