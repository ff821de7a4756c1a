<?php

// Programs that some tests need. Without them a test is skipped; where no test may be skipped, it
// fails.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Support;

use PHPUnit\Framework\Assert;

final class Programs
{
    public static function nginx(): string
    {
        return self::find('nginx');
    }

    public static function phpFpm(): string
    {
        return self::find('php-fpm' . PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION, 'php-fpm');
    }

    private static function find(string ...$names): string
    {
        // Not in everybody's PATH.
        $folders = [...explode(':', (string) getenv('PATH')), '/usr/sbin', '/usr/local/sbin'];
        foreach ($names as $name) {
            foreach ($folders as $folder) {
                if (is_executable("$folder/$name")) {
                    return "$folder/$name";
                }
            }
        }
        $text = "$names[0] is not here";
        getenv('SESSIONS_NO_SKIP') ? Assert::fail($text) : Assert::markTestSkipped($text);
    }
}
