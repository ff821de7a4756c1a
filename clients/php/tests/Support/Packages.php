<?php

// The frameworks that the tests run with: Debian's packages, or checked-out copies of the
// repositories of another version, which LARAVEL and SYMFONY name. Without them a test is skipped;
// where no test may be skipped, it fails.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Support;

use PHPUnit\Framework\Assert;

final class Packages
{
    public const LARAVEL = [
        'Dotenv',
        'Illuminate/Auth',
        'Illuminate/Cache',
        'Illuminate/Config',
        'Illuminate/Container',
        'Illuminate/Cookie',
        'Illuminate/Encryption',
        'Illuminate/Events',
        'Illuminate/Http',
        'Illuminate/Redis',
        'Illuminate/Routing',
        'Illuminate/Session',
    ];

    public const SYMFONY = [
        'Symfony/Component/EventDispatcher',
        'Symfony/Component/HttpFoundation',
        'Symfony/Component/HttpKernel',
        'Symfony/Component/Security/Core',
        'Symfony/Component/Security/Http',
    ];

    private const FILES_OF_LARAVEL = [
        'Collections/functions',
        'Collections/helpers',
        'Filesystem/functions',
        'Reflection/helpers',
        'Support/functions',
        'Support/helpers',
    ];

    private static bool $isLoaded = false;

    /** @param list<string> $names */
    public static function need(array $names): void
    {
        foreach ($names as $name) {
            if (!stream_resolve_include_path("$name/autoload.php")) {
                $text = "Debian's package of $name is not here";
                getenv('SESSIONS_NO_SKIP') ? Assert::fail($text) : Assert::markTestSkipped($text);
            }
        }
    }

    /** @param list<string> $names */
    public static function load(array $names): void
    {
        self::need($names);
        foreach ($names as $name) {
            require_once "$name/autoload.php";
        }
        if (!self::$isLoaded) {
            self::$isLoaded = true;
            self::loadOthers((string) getenv('LARAVEL'), (string) getenv('SYMFONY'));
        }
    }

    private static function loadOthers(string $laravel, string $symfony): void
    {
        if ($symfony !== '') {
            spl_autoload_register(static fn (string $class) => self::symfony($symfony, $class), prepend: true);
            require_once "$symfony/src/Symfony/Contracts/Deprecation/function.php";
        }
        if ($laravel !== '') {
            spl_autoload_register(static fn (string $class) => self::laravel($laravel, $class), prepend: true);
            require_once __DIR__ . '/polyfills.php';
            foreach (self::FILES_OF_LARAVEL as $file) {
                $path = "$laravel/src/Illuminate/$file.php";
                if (is_file($path)) {
                    require_once $path;
                }
            }
        }
    }

    private static function symfony(string $folder, string $class): void
    {
        // Debian's Carbon goes with Debian's translator.
        $isOurs = str_starts_with($class, 'Symfony\\') && !str_contains($class, '\\Translation\\');
        $file = "$folder/src/" . strtr($class, '\\', '/') . '.php';
        if ($isOurs && is_file($file)) {
            require $file;
        }
    }

    private static function laravel(string $folder, string $class): void
    {
        if (!str_starts_with($class, 'Illuminate\\')) {
            return;
        }
        $path = strtr(substr($class, strlen('Illuminate\\')), '\\', '/') . '.php';
        $places = [$path];
        if (str_starts_with($path, 'Support/')) {
            // Laravel's packages of the namespace Illuminate\Support have folders of their own.
            foreach (['Collections', 'Macroable', 'Conditionable', 'Reflection'] as $package) {
                $places[] = $package . substr($path, strlen('Support'));
            }
        }
        foreach ($places as $place) {
            if (is_file("$folder/src/Illuminate/$place")) {
                require "$folder/src/Illuminate/$place";
                return;
            }
        }
    }
}
