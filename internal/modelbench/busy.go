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

// A Busy is a program that keeps cores busy while a row is measured, by [Burn].
type Busy struct {
	Cores int      // at least one
	Words []string // the program and its arguments
}

// A burner is the running program.
type burner struct {
	cmd    *exec.Cmd
	in     io.WriteCloser // closing it ends the program
	stderr bytes.Buffer
}

// start starts the program and returns once the cores are busy.
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

// stop ends the program and waits for its end.
func (r *burner) stop() error {
	errIn := r.in.Close()
	if err := errors.Join(errIn, r.cmd.Wait()); err != nil {
		return fmt.Errorf("bench: %s: %w: %s", r.cmd.Path, err, lastLine(r.stderr.String()))
	}
	return nil
}

// time is session.time while the cores are busy.
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

// fair returns the share of its undisturbed speed that a row with this many threads
// keeps if the operating system divides the cores equally among its threads and
// the program's.
func (b *Busy) fair(threads int) float64 {
	return fairShare(threads, b.Cores, par.Cores())
}

// fairShare is fair for a number of busy threads and of cores.
func fairShare(threads, busy, cores int) float64 {
	alone := min(1, float64(cores)/float64(threads)) // share of a core that each thread has
	return min(1, float64(cores)/float64(threads+busy)) / alone
}

// burning is what Burn writes once all cores are busy.
const burning = "burning\n"

// Burn keeps n cores busy until r ends. It writes a line to w once it has begun.
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
