package server

import (
	"net/http"
	"runtime/debug"
	"sync"
	"time"
)

// idleTime is how long no request runs before memory is given back.
const idleTime = time.Second

// An idler calls a function when for idleTime no request has run, once after each.
type idler struct {
	http.Handler
	idle func()

	mu     sync.Mutex
	active int
	timer  *time.Timer
}

// giveBack returns h with an idler: what loading a model and answering has left over
// goes back to the system, which a garbage collector without work would keep.
func giveBack(h http.Handler) *idler {
	i := &idler{Handler: h, idle: debug.FreeOSMemory}
	i.timer = time.AfterFunc(idleTime, i.idle)
	return i
}

func (i *idler) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	i.count(1)
	defer i.count(-1)
	i.Handler.ServeHTTP(w, q)
}

// count notes that n more requests run.
func (i *idler) count(n int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.active += n; i.active > 0 {
		i.timer.Stop()
		return
	}
	i.timer.Reset(idleTime)
}
