package mmap

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAvailable(t *testing.T) {
	const meminfo = "MemTotal:  900 kB\nMemAvailable:     300 kB\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
		ok    bool
	}{
		"nothing said": {},
		"no groups":    {map[string]string{"proc/meminfo": meminfo}, 300 << 10, true},
		"version 2, limit above": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/b/memory.current": "7\n",
			"sys/fs/cgroup/a/memory.max": "100000\n", "sys/fs/cgroup/a/memory.current": "60000\n",
			"sys/fs/cgroup/a/memory.stat": "anon 1\nactive_file 500\ninactive_file 1000\n",
		}, 41500, true},
		"version 2, in a container": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/../somewhere\n",
			"sys/fs/cgroup/memory.max": "100000\n", "sys/fs/cgroup/memory.current": "200000\n",
		}, 0, true},
		"version 1": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "9:name=systemd:/\n5:cpu,cpuacct:/x\n4:memory:/x\n0::/\n",
			"sys/fs/cgroup/memory/x/memory.limit_in_bytes": "50000\n", "sys/fs/cgroup/memory/x/memory.usage_in_bytes": "20000\n",
			"sys/fs/cgroup/memory/x/memory.stat":         "inactive_file 9\ntotal_inactive_file 3000\ntotal_active_file 1\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n", "sys/fs/cgroup/memory/memory.usage_in_bytes": "1\n",
		}, 33001, true},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for file, text := range c.files {
				file = filepath.Join(root, file)
				if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if n, ok := available(root); n != c.want || ok != c.ok {
				t.Errorf("got %d, %v, want %d, %v", n, ok, c.want, c.ok)
			}
		})
	}
	if n, ok := Available(); !ok || n < 1<<20 {
		t.Errorf("this machine: got %d, %v", n, ok)
	}
}
