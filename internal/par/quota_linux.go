package par

import (
	"os"
	"path"
	"strconv"
	"strings"
)

// quota returns the CPU time that the control groups of this process allow, in
// CPUs, rounded up; 0 if there is no limit. The system's files are under root.
func quota(root string) int {
	file, _ := os.ReadFile(path.Join(root, "proc/self/cgroup"))
	found := 0
	for line := range strings.Lines(string(file)) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(part) != 3 {
			continue
		}
		read, top := groupQuota2, path.Join(root, "sys/fs/cgroup")
		switch {
		case strings.Contains(","+part[1]+",", ",cpu,"): // version 1
			read, top = groupQuota1, path.Join(top, part[1])
		case part[0] != "0":
			continue
		}
		for at := path.Clean("/" + part[2]); ; at = path.Dir(at) { // a container may see only the top
			if n := read(path.Join(top, at)); n > 0 {
				found = least(found, n)
			}
			if at == "/" {
				break
			}
		}
	}
	return found
}

// groupQuota2 returns the quota of a group of version 2, 0 if it has none.
func groupQuota2(dir string) int {
	b, err := os.ReadFile(path.Join(dir, "cpu.max")) // "quota period" or "max period"
	time, period, ok := strings.Cut(strings.TrimSpace(string(b)), " ")
	if err != nil || !ok {
		return 0
	}
	return cpus(time, period)
}

// groupQuota1 returns the quota of a group of version 1, 0 if it has none.
func groupQuota1(dir string) int {
	time, err := os.ReadFile(path.Join(dir, "cpu.cfs_quota_us")) // -1: none
	if err != nil {
		return 0
	}
	period, err := os.ReadFile(path.Join(dir, "cpu.cfs_period_us"))
	if err != nil {
		return 0
	}
	return cpus(strings.TrimSpace(string(time)), strings.TrimSpace(string(period)))
}

// cpus returns time in each period as whole CPUs, rounded up; 0 without
// a limit.
func cpus(time, period string) int {
	t, errT := strconv.ParseInt(time, 10, 64)
	p, errP := strconv.ParseInt(period, 10, 64)
	if errT != nil || errP != nil || t <= 0 || p <= 0 {
		return 0
	}
	return int(min((t-1)/p+1, 1<<16))
}
