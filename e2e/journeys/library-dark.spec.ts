import { shownIn } from './axe.js';
import { withKeyboard } from './checkout-page.js';
import { testLife } from './library-life.js';
import { test } from './playground-page.js';

test.use(shownIn('dark'));
testLife('through the keyboard alone', withKeyboard, 'dark');
