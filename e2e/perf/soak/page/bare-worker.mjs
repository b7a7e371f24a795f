// An empty worker, which shows what a browser retains for an ended worker without Tenon.
postMessage('ready');
