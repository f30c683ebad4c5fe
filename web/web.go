// Package web has the files of the page on which people chat with a model: plain
// modules of JavaScript that ask nobody but the server they came from.
//
//	index.html           the document; all addresses in it are relative
//	page/app.js          what happens when: conversations, sending, keys
//	page/chat.js         the view of one conversation
//	page/markdown.js     Markdown to nodes; text of a model never becomes HTML
//	page/settings.js     parameters, theme and dialogs
//	page/store.js        conversations in IndexedDB, settings in localStorage
//	page/transport.js    who answers: here a server with the API of OpenAI
//	page/serve.js        the page of a server
//	page/theme.js        sets the chosen theme before the first paint
//
// A transport has two methods, models and chat. The demo is the same page with another
// one, a model in the browser, and what it takes to load one:
//
//	demo/head.html       in place of the script of a server's page
//	demo/body.html       the panel in which a model is chosen
//	demo/main.js         which parts there are, and what they show
//	demo/engine.js       the transport: a model of the npm package answers
//	demo/models.js       loads models
//	demo/picker.js       the panel
//	demo/loading.js      bytes, rate and time left
//	demo/trouble.js      what is said of errors
//	demo/format.js       bytes and times as people read them
//	demo/offline.js      the service worker: registers it
//	demo/sw.js           the service worker
package web

import "embed"

// FS has index.html and, in the folder page, what it loads.
//
//go:embed index.html page
var FS embed.FS
