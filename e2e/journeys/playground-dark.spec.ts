import { shownIn } from './axe.js';
import { testFaults } from './playground-axe.js';
import { test } from './playground-page.js';

test.use(shownIn('dark'));
testFaults('dark');
