<?php

// What the tests with Laravel share: they are skipped where Debian's packages of Laravel are not
// installed.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Laravel;

use PHPUnit\Framework\TestCase;
use SessionsForRedis\Tests\Support\Packages;

abstract class Laravel extends TestCase
{
    private static int $reporting;

    public static function setUpBeforeClass(): void
    {
        // Laravel 8 is older than PHP 8.2.
        self::$reporting = error_reporting(E_ALL & ~E_DEPRECATED);
        Packages::load(Packages::LARAVEL);
    }

    public static function tearDownAfterClass(): void
    {
        error_reporting(self::$reporting);
    }
}
