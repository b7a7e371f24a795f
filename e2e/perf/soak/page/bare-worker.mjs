// A worker with nothing in it: what a browser keeps of one that has ended, without a line of Tenon.
postMessage('ready');
