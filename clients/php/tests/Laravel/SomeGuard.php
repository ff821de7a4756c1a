<?php

declare(strict_types=1);

namespace SessionsForRedis\Tests\Laravel;

use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Contracts\Auth\StatefulGuard;

/** A guard as Laravel 12 has it, as far as Jetstream's classes use it. */
final class SomeGuard implements StatefulGuard
{
    /** @var list<string> */
    public array $loggedOut = [];

    public function logoutOtherDevices(string $password): void
    {
        $this->loggedOut[] = $password;
    }

    public function hashPasswordForCookie(string $hash): string
    {
        return "mac of $hash";
    }

    public function attempt(array $credentials = [], $remember = false)
    {
    }

    public function once(array $credentials = [])
    {
    }

    public function login(Authenticatable $user, $remember = false)
    {
    }

    public function loginUsingId($id, $remember = false)
    {
    }

    public function onceUsingId($id)
    {
    }

    public function viaRemember()
    {
    }

    public function logout()
    {
    }

    public function check()
    {
    }

    public function guest()
    {
    }

    public function hasUser()
    {
    }

    public function user()
    {
    }

    public function id()
    {
    }

    public function validate(array $credentials = [])
    {
    }

    public function setUser(Authenticatable $user)
    {
    }
}
