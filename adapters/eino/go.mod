module github.com/querent-ai/chord/adapters/eino

go 1.26

require (
	github.com/cloudwego/eino v0.7.36
	github.com/querent-ai/chord v0.0.0
)

require github.com/bytedance/sonic v1.15.0 // indirect; eino requires one that Go 1.26 does not compile
