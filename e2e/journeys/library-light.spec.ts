import { shownIn } from './axe.js';
import { withPointer } from './checkout-page.js';
import { testLife } from './library-life.js';
import { test } from './playground-page.js';

test.use(shownIn('light'));
testLife('with the pointer', withPointer, 'light');
