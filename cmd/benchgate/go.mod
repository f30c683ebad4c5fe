module github.com/querent-ai/chord/cmd/benchgate

go 1.26

require (
	github.com/querent-ai/chord v0.0.0
	golang.org/x/perf v0.0.0-20251112180420-cfbd823f7301
)

require (
	github.com/aclements/go-moremath v0.0.0-20210112150236-f10218a38794 // indirect
	github.com/klauspost/cpuid/v2 v2.4.2 // indirect
	golang.org/x/sys v0.47.0 // indirect
)
