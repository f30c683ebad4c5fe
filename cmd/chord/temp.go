package main

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// A file that is being written is called name.pid-place-random.incomplete, with the
// pid of the writer and a number for the machine or container that pids belong to.
// Whoever writes the same file next removes such files of processes that no longer
// exist, but not those of another machine or container that shares the folder.

// incomplete ends the names of files that are being written.
const incomplete = ".incomplete"

// temps are the temporary files of this process.
var temps = tempSet{names: map[string]bool{}}

type tempSet struct {
	sync.Mutex
	names map[string]bool
}

// open creates a temporary file for the file called name.
func (s *tempSet) open(name string) (*os.File, error) {
	s.Lock()
	defer s.Unlock()
	temp := fmt.Sprintf("%s.%d-%08x-%08x%s", name, os.Getpid(), place(), rand.Uint32(), incomplete)
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err == nil {
		s.names[temp] = true
	}
	return f, err
}

// rename gives temp its final name.
func (s *tempSet) rename(temp, name string) error {
	s.Lock()
	defer s.Unlock()
	err := os.Rename(temp, name)
	if err == nil {
		delete(s.names, temp)
	}
	return err
}

// remove removes temp.
func (s *tempSet) remove(temp string) {
	s.Lock()
	defer s.Unlock()
	os.Remove(temp)
	delete(s.names, temp)
}

// removeAll removes all temporary files of this process, which is about to end.
func (s *tempSet) removeAll() {
	s.Lock()
	defer s.Unlock()
	for temp := range s.names {
		os.Remove(temp)
		delete(s.names, temp)
	}
}

// has reports whether temp is a temporary file of this process.
func (s *tempSet) has(temp string) bool {
	s.Lock()
	defer s.Unlock()
	return s.names[temp]
}

// removeStale removes temporary files for name that were left by processes that no
// longer exist. Errors do not matter.
func removeStale(name string) {
	dir, base := filepath.Split(name)
	entries, err := os.ReadDir(filepath.Clean(dir + "."))
	if err != nil {
		return
	}
	for _, e := range entries {
		temp := dir + e.Name()
		pid, ok := writerOf(e.Name(), base)
		switch {
		case !ok || !e.Type().IsRegular():
		case pid == os.Getpid() && !temps.has(temp), pid != os.Getpid() && dead(pid):
			os.Remove(temp)
		}
	}
}

// writerOf returns the process that wrote temp, if it is a temporary file for name
// from this machine or container.
func writerOf(temp, name string) (pid int, ok bool) {
	rest, ok := strings.CutPrefix(temp, name+".")
	rest, ends := strings.CutSuffix(rest, incomplete)
	part := strings.Split(rest, "-")
	if !ok || !ends || len(part) != 3 || part[1] != fmt.Sprintf("%08x", place()) || len(part[2]) != 8 {
		return 0, false
	}
	pid, err := strconv.Atoi(part[0])
	return pid, err == nil && pid > 0
}

// place returns a number for the machine or container that pids belong to.
var place = sync.OnceValue(func() uint32 {
	h := fnv.New32a()
	host, _ := os.Hostname()
	processes, _ := os.Readlink("/proc/self/ns/pid") // Linux
	fmt.Fprintf(h, "%s %s", host, processes)
	return h.Sum32()
})
