package server

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// TestIdle wants one call a second after the last of two requests, and none before.
func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		long := 3 * time.Second
		calls := 0
		i := &idler{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(long) }), idle: func() { calls++ }}
		i.timer = time.AfterFunc(idleTime, i.idle)
		defer i.timer.Stop()
		request := func() { i.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)) }
		for _, want := range []int{1, 2} {
			go request()
			time.Sleep(2 * time.Second)
			go request() // ends at 5 s
			time.Sleep(long + idleTime/2)
			if calls != want-1 {
				t.Errorf("%d calls while a request runs or just after, want %d", calls, want-1)
			}
			time.Sleep(10 * time.Second)
			if calls != want {
				t.Errorf("%d calls after the requests, want %d", calls, want)
			}
		}
	})
}
