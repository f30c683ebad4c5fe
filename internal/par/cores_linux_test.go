package par

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A process that may run on one CPU alone has one core.
func TestCoresFollowAffinity(t *testing.T) {
	const child = "PAR_TEST_PRINT_CORES"
	if os.Getenv(child) != "" {
		fmt.Printf("cores=%d\n", Cores())
		return
	}
	runtime.LockOSThread() // the child inherits this thread's affinity
	defer runtime.UnlockOSThread()
	var all, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	for cpu := 0; one.Count() == 0; cpu++ {
		if all.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		t.Fatal(err)
	}
	defer unix.SchedSetaffinity(0, &all)
	cmd := exec.Command(os.Args[0], "-test.run=^TestCoresFollowAffinity$", "-test.v")
	cmd.Env = append(os.Environ(), child+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "cores=1\n") {
		t.Errorf("on one CPU: %v, want cores=1 in\n%s", err, out)
	}
}
