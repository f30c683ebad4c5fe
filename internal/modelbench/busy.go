package modelbench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/querent-ai/chord/internal/par"
)

// A Busy is a program that keeps cores busy beside a row: one that calls [Burn].
type Busy struct {
	Cores int      // how many, at least one
	Words []string // the program and its arguments
}

// A burner is a run of the program.
type burner struct {
	cmd    *exec.Cmd
	in     io.WriteCloser // its end is the program's
	stderr bytes.Buffer
}

// start returns when the cores are busy.
func (b *Busy) start(ctx context.Context) (*burner, error) {
	r := &burner{cmd: exec.CommandContext(ctx, b.Words[0], b.Words[1:]...)}
	r.cmd.WaitDelay = time.Second
	r.cmd.Stderr = &r.stderr
	out, errOut := r.cmd.StdoutPipe()
	in, errIn := r.cmd.StdinPipe()
	r.in = in
	if err := errors.Join(errOut, errIn, r.cmd.Start()); err != nil {
		return nil, fmt.Errorf("bench: keeping %d cores busy: %w", b.Cores, err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != burning {
		return nil, errors.Join(fmt.Errorf("bench: keeping %d cores busy: %s says %q", b.Cores, b.Words[0], line), r.stop())
	}
	return r, nil
}

// stop ends the program and returns when it has.
func (r *burner) stop() error {
	errIn := r.in.Close()
	if err := errors.Join(errIn, r.cmd.Wait()); err != nil {
		return fmt.Errorf("bench: %s: %w: %s", r.cmd.Path, err, lastLine(r.stderr.String()))
	}
	return nil
}

// time is what session.time measures while the cores are busy.
func (b *Busy) time(ctx context.Context, r *row) (time.Duration, error) {
	x := r.session
	if err := x.prepare(ctx, r.Test, r.size()); err != nil {
		return 0, err
	}
	burner, err := b.start(ctx)
	if err != nil {
		return 0, err
	}
	d, err := x.time(ctx, r.Test, r.size())
	return d, errors.Join(err, burner.stop())
}

// fair returns which part of its undisturbed speed is left to so many threads
// if they share the cores fairly with as many others as are busy.
func (b *Busy) fair(threads int) float64 {
	return fairShare(threads, b.Cores, par.Cores())
}

// fairShare is fair on so many cores.
func fairShare(threads, busy, cores int) float64 {
	alone := min(1, float64(cores)/float64(threads)) // of a core, for each thread
	return min(1, float64(cores)/float64(threads+busy)) / alone
}

// burning is what Burn says once it burns.
const burning = "burning\n"

// Burn keeps n cores busy with nothing until r ends. It tells w when it has
// begun.
func Burn(n int, r io.Reader, w io.Writer) error {
	runtime.GOMAXPROCS(n)
	var stop atomic.Bool
	var wg, begun sync.WaitGroup
	begun.Add(n)
	for range n {
		wg.Go(func() {
			begun.Done()
			for !stop.Load() {
			}
		})
	}
	begun.Wait()
	_, err := io.WriteString(w, burning)
	if err == nil {
		_, err = io.Copy(io.Discard, r)
	}
	stop.Store(true)
	wg.Wait()
	if err != nil {
		return fmt.Errorf("bench: burning %d cores: %w", n, err)
	}
	return nil
}
