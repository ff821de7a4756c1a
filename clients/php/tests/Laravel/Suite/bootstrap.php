<?php

// For scripts/laravel-suite.sh: lets the tests of laravel/framework, unchanged, run over our
// session handler.
//
// The tests make a stand-in of a handler by Mockery and say what it is to read and what must be
// written. The Mockery here gives them our handler on a real server, stores what is to be read
// before it is read, and looks at what is stored after a write. The handler in memory is also ours,
// and its clock is the one that the tests set.

declare(strict_types=1);

use SessionsForRedis\Tests\Laravel\Suite;
use SessionsForRedis\Tests\Support\Packages;

require __DIR__ . '/../../bootstrap.php';
error_reporting(E_ALL & ~E_DEPRECATED);
Packages::load(Packages::LARAVEL);
class_alias(Suite\InMemory::class, 'Illuminate\\Session\\ArraySessionHandler');
require __DIR__ . '/../stubs/mockery.php';
