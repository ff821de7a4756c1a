<?php

declare(strict_types=1);

namespace SessionsForRedis\Tests\Laravel\Suite;

use PHPUnit\Framework\Assert;

trait Expected
{
    /** @var array<string, Expectation> */
    private array $expected = [];

    public function shouldReceive(string $name): Expectation
    {
        return $this->expected[$name] = new Expectation($name);
    }

    public function expects(string $name): Expectation
    {
        return $this->shouldReceive($name)->once();
    }

    private function expected(string $name): Expectation
    {
        return $this->expected[$name] ?? Assert::fail("$name was called");
    }

    public function verify(): void
    {
        foreach ($this->expected as $expectation) {
            $expectation->verify();
        }
    }
}
